"""The tables of migration 0001, one function each, in the rooms of `bot.store.tables`."""
