"""What is not one audience's: health, help, search, the style page, verification of certificates."""
