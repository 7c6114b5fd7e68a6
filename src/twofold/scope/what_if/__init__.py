"""What if: questions asked of a scope, as pure changes of it. Nothing here reads or writes a file of a workspace."""
