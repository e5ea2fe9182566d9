from huey.contrib.djhuey import db_task

from backend import classifier
from backend.models import Job


@db_task()
def classify(number):
    job = Job.objects.get(pk=number)
    Job.objects.filter(pk=number).update(state="running")
    job.result = classifier.type_of(job.genome.path)
    job.state = "completed"
    job.save()
