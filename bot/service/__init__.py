"""Use cases, one verb a file, one transaction each. A provider is never called inside a transaction."""
