"""The subcommands of `hearthline`, one file each: they read arguments, call one service and print."""
