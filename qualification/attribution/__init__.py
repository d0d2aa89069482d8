"""Attribution: which touchpoints a conversion is owed to."""
