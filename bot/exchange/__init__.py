"""Files in and out: what another system wrote becomes values, row by row, and every row that cannot be read is named."""
