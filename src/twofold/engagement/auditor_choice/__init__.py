"""The choice of an audit firm: an anonymous brief, questions, hard filters, three fit scores, a recorded decision.

Pure: no clock, no file but the dated data beside the code. No directory of firms is shipped; the company brings them.
Fit is never a ranking by price, and what is unknown is asked for, never passed. Source: audit-domain 6 and 8.
"""
