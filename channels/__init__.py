"""The channels: each talks one provider's language and knows nothing of the bot.

A channel turns a provider's request into `Inbound`, `StatusUpdate`, `StaffAction` or `Challenge`, and an `Outbound` into a `Receipt`.
It never opens a database, never decides who may receive what, never retries: an error carries its own policy (`channels.errors`)
and the delivery service acts on it. `ADDING_A_CHANNEL.md` says how the next one is added.
"""
