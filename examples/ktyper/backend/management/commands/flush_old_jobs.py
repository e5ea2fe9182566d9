from datetime import timedelta

from django.core.management.base import BaseCommand
from django.utils import timezone

from backend.models import Job


class Command(BaseCommand):
    help = "Delete jobs, and what was uploaded for them, after a week"

    def add_arguments(self, parser):
        parser.add_argument("--days", type=int, default=7)

    def handle(self, days, **_):
        old = Job.objects.filter(created__lte=timezone.now() - timedelta(days=days)).exclude(state="running")
        for job in old:
            job.genome.delete(save=False)
        self.stdout.write(f"{old.count()} old jobs")
        old.delete()
