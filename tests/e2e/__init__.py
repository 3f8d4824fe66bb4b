"""The whole product as its users meet it: real processes, real HTTP, real signatures, providers that count for themselves."""
