"""The choice of an audit firm in a workspace: what is needed, the brief, proposals, the shortlist, the decision."""
