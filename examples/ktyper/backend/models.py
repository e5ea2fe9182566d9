from django.db import models


class Job(models.Model):
    """A genome that somebody has sent in, and what it was found to be."""

    genome = models.FileField()
    state = models.CharField(max_length=10, default="queued")
    result = models.TextField(blank=True)
    created = models.DateTimeField(auto_now_add=True)
