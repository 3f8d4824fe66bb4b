"""The providers we can really talk to: a local server that speaks Twilio and Slack, refuses what they refuse and misbehaves on demand."""
