from django.conf import settings
from django.http import HttpResponse
from rest_framework.decorators import api_view
from rest_framework.response import Response

from backend.models import Job
from backend.tasks import classify

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>ktyper</title>
<main id="app"></main>
<script src="{static}frontend/main.js" data-api="{mount}/api/v1"></script>
"""


def page(request):
    mount = request.META["SCRIPT_NAME"]
    return HttpResponse(PAGE.format(static=settings.STATIC_URL, mount=mount))


@api_view(["GET"])
def status(request):
    """Well only with its tables: a page of text would be well without."""
    return Response({"queued": Job.objects.filter(state="queued").count()})


@api_view(["POST"])
def jobs(request):
    job = Job.objects.create(genome=request.FILES["genome"])
    classify(job.pk)
    return Response({"job": job.pk}, status=202)


@api_view(["GET"])
def job(request, number):
    found = Job.objects.filter(pk=number).values("state", "result").first()
    return Response(found or {}, status=200 if found else 404)
