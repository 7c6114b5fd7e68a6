"""The SOX lens: the unit that decides is the control, gathered by ITGC domain; deficiencies follow from it."""
