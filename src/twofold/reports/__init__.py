"""Reports: what leaves the tool. They show results and never change one; each says that it is not an audit opinion."""
