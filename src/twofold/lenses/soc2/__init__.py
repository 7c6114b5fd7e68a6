"""The SOC 2 lens: the unit that decides is the trust services criterion, by way of its controls."""
