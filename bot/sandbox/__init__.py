"""The providers we can really talk to: a local server that speaks Twilio, Slack and mail,
refuses what they refuse and misbehaves on demand.

The demo, the tests and the benches use it; production code never knows: the vendors' own SDKs talk to it with only an address
changed. It imports no other room, starts only in the modes demo, test and bench, and counts what it accepted, so that "lost" and
"twice" are read at the provider and not in our own tables.

    options          what it is told            server           the whole, in a process or a thread
    ledger           what was accepted          control(_views)  /sandbox: play a family, ask, order misbehaviour
    misbehave        bad days on demand         state            what the parts share: clock, ids, options
    twilio_messages  create fetch list cancel   twilio_rules     what is refused, in the vendor's order
    twilio_inbound   a family texts             twilio_callbacks the life of a message and its signed callbacks
    webhook          posting as Twilio does     signing          both vendors' signatures, in our own few lines
    mail_host        takes our mail, brings us mail   mail_letters  bounces, absence notes, robots, our host's stamp
    mail_box         the mailbox, over IMAP  mail_control what /sandbox/mail answers
    slack_api        the Web API over HTTP      slack_posting, slack_conversations, slack_views   its methods
    slack_events     events, buttons, commands  socket_mode      the same by WebSocket
    twilio_schema, slack_schema, twilio_errors  the vendors' published facts as tables

Where a choice was needed it is the vendor's: no idempotency key, the first status has no callback, one 500 loses a text unless the
address asks for retries, the list lags, a WhatsApp text outside the 24 hours is accepted first and fails later (63016), a private
channel we are not in is "channel_not_found". The one thing that is ours: stop replies are left to us by default
(`stop_replies="ours"`), the account setting the product asks its districts to make.
"""
