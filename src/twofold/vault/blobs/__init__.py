"""Stores of captured bytes, a local folder or an S3 bucket, behind one small interface (`blobs.py`)."""
