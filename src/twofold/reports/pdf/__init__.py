"""Documents for people who file them: PDF, made by typst from plain data."""
