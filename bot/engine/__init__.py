"""The conversation engine: a pure function from session + message + now to a new session + events.

It never sends, saves, sleeps or asks the time; `now` and `new_id` are arguments. Flows are compiled once per version
(`compile`), a session is a small JSON object (`session`), a turn is `runner.take(scene)`. What should happen is said in
events (`events`); services make it happen. A session pins the flow's id and version, so a deploy never rewrites a running talk.
"""
