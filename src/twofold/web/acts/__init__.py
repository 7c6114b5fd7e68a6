"""What people do on the site, one function an act: pages and the API call the same, and who may not is refused here."""
