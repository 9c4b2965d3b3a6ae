"""The verifier for those who do not have the product: one file to copy, which nothing here imports."""
