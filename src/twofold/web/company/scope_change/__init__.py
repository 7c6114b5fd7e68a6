"""The scope, changed on screen: proposals, plans, approval, history, memo, and what-if."""
