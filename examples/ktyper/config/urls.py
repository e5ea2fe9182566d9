from django.urls import path

from backend import views

urlpatterns = [
    path("", views.page),
    path("api/v1/status", views.status),
    path("api/v1/jobs", views.jobs),
    path("api/v1/jobs/<int:number>", views.job),
]
