"""What every inbound text is checked for, pure, in this order: danger optout evaluation identity commands question."""
