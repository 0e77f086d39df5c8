"""`make forget`: takes a person out of what is kept, or all persons out of the old part of the history."""
