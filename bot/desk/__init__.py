"""The dispatch desk (事務局): requests of municipalities, from 受付 to 完了."""
