"""Values every room may use: frozen, without behaviour that reaches outside, importing nothing of ours."""
