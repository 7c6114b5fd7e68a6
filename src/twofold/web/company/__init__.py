"""The company's side of the site: a file per screen."""
