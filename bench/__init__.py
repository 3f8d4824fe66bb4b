"""Speed as ratios in one run: ours against its peers and the machine's limits. `bench/README.md` says what each bench claims and what not."""
