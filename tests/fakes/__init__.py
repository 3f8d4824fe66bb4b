"""Small stand-ins for what the outside world gives us: time and names. Providers are `bot.sandbox`, never fakes."""
