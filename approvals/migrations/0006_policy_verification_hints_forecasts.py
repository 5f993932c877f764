"""Rooms for what the sign-up policy, the verification services and the look into the tenant say of a request."""

import django.db.models.deletion
import django.utils.timezone
import uuid6
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('approvals', '0005_index_queue_history_and_search'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Forecast',
            fields=[
                ('request', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='forecast', serialize=False, to='approvals.signuprequest')),
                ('code', models.CharField(max_length=40, verbose_name='code')),
                ('facts', models.JSONField(default=dict, verbose_name='facts')),
                ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='at')),
                ('asked_at', models.DateTimeField(blank=True, editable=False, null=True)),
            ],
            options={
                'verbose_name': 'forecast',
                'verbose_name_plural': 'forecasts',
            },
        ),
        migrations.AddField(
            model_name='signuprequest',
            name='decided_by_policy',
            field=models.BooleanField(db_default=False, default=False, editable=False, verbose_name='decided by the policy'),
        ),
        migrations.AddField(
            model_name='signuprequest',
            name='hints',
            field=models.JSONField(blank=True, db_default=[], default=list, editable=False, verbose_name='hints'),
        ),
        migrations.AddField(
            model_name='userflow',
            name='expects_organisations',
            field=models.BooleanField(db_default=False, default=False, help_text='Point out addresses of free mail services to the reviewer.', verbose_name='expects organisations'),
        ),
        migrations.AlterField(
            model_name='auditevent',
            name='action',
            field=models.CharField(choices=[('request.submitted', 'Request received'), ('request.answers_changed', 'Applicant submitted changed answers'), ('request.approved', 'Approved'), ('request.denied', 'Denied'), ('request.undone', 'Decision undone'), ('request.reopened', 'Opened again'), ('request.approved_by_policy', 'Approved automatically'), ('request.refused_by_policy', 'Refused automatically'), ('request.verified', 'Identity verification'), ('request.expired', 'Expired'), ('request.withdrawn', 'Withdrawn by the applicant'), ('delivery.done', 'Guest ready'), ('delivery.failed', 'Guest could not be made'), ('delivery.retried', 'Delivery tried again'), ('delivery.returned', 'Approved applicant signed up'), ('mail.sent', 'Mail sent'), ('mail.failed', 'Mail could not be sent'), ('flow.created', 'User flow created'), ('flow.changed', 'User flow changed'), ('policy.changed', 'Sign-up policy changed'), ('policy.list_changed', 'List of domains changed'), ('verification.changed', 'Identity verification set up'), ('credential.issued', 'Connector credential issued'), ('credential.revoked', 'Connector credential revoked'), ('token.issued', 'API token issued'), ('token.revoked', 'API token revoked')], max_length=40, verbose_name='action'),
        ),
        migrations.CreateModel(
            name='DomainList',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(help_text='What rules call it.', unique=True, verbose_name='slug')),
                ('name', models.CharField(max_length=100, verbose_name='name')),
                ('domains', models.JSONField(blank=True, default=list, verbose_name='domains')),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='changed')),
                ('changed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'list of domains',
                'verbose_name_plural': 'lists of domains',
                'ordering': ['name'],
            },
        ),
        migrations.AddField(
            model_name='userflow',
            name='partner_domains',
            field=models.ForeignKey(blank=True, help_text='Known partners, beside those whose people were approved before; look-alikes are pointed out.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='approvals.domainlist', verbose_name="partners' domains"),
        ),
        migrations.CreateModel(
            name='PolicyVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(verbose_name='version')),
                ('document', models.JSONField(default=dict, help_text='As `approvals.policy.document` describes it.', verbose_name='rules')),
                ('author_name', models.CharField(blank=True, max_length=200, verbose_name='by')),
                ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='at')),
                ('comment', models.CharField(blank=True, max_length=300, verbose_name='what changed')),
                ('author', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('flow', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='policy_versions', to='approvals.userflow')),
            ],
            options={
                'verbose_name': 'policy version',
                'verbose_name_plural': 'policy versions',
                'ordering': ['flow', '-number'],
            },
        ),
        migrations.CreateModel(
            name='PolicyEvaluation',
            fields=[
                ('id', models.UUIDField(default=uuid6.uuid7, editable=False, primary_key=True, serialize=False)),
                ('step', models.CharField(choices=[('check_status', 'After signing in'), ('submit', 'With the form'), ('later', 'After the verification')], max_length=16, verbose_name='step')),
                ('outcome', models.CharField(choices=[('refuse', 'Refused'), ('correct', 'Sent back to correct'), ('approve', 'Approved'), ('review', 'To a person'), ('continue', 'May go on to the form')], max_length=16, verbose_name='outcome')),
                ('rule_id', models.CharField(blank=True, max_length=60, verbose_name='deciding rule')),
                ('rule_name', models.CharField(blank=True, max_length=100)),
                ('trail', models.JSONField(default=list, verbose_name='rule by rule')),
                ('claims', models.JSONField(blank=True, default=dict, verbose_name='claims set')),
                ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='at')),
                ('request', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='evaluations', to='approvals.signuprequest')),
                ('version', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='approvals.policyversion')),
            ],
            options={
                'verbose_name': 'policy evaluation',
                'verbose_name_plural': 'policy evaluations',
                'ordering': ['at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Verification',
            fields=[
                ('id', models.UUIDField(default=uuid6.uuid7, editable=False, primary_key=True, serialize=False)),
                ('applicant_key', models.CharField(editable=False, max_length=64)),
                ('inputs', models.CharField(editable=False, max_length=64)),
                ('vendor', models.CharField(max_length=40, verbose_name='service')),
                ('outcome', models.CharField(choices=[('asking', 'Being asked'), ('passed', 'Verified'), ('failed', 'Not verified'), ('refer', "The service asks for a person's judgement"), ('unavailable', 'The service could not say')], default='asking', max_length=16, verbose_name='outcome')),
                ('vendor_reference', models.CharField(blank=True, max_length=100, verbose_name="the service's reference")),
                ('reasons', models.JSONField(default=list, verbose_name='reason codes')),
                ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='at')),
                ('flow', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='approvals.userflow')),
                ('request', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='verifications', to='approvals.signuprequest')),
            ],
            options={
                'verbose_name': 'identity verification',
                'verbose_name_plural': 'identity verifications',
                'ordering': ['at', 'id'],
            },
        ),
        migrations.AddConstraint(
            model_name='policyversion',
            constraint=models.UniqueConstraint(fields=('flow', 'number'), name='one_policy_version_each'),
        ),
        migrations.AddIndex(
            model_name='policyevaluation',
            index=models.Index(fields=['request', 'at'], name='evaluations_of_request'),
        ),
        migrations.AddIndex(
            model_name='verification',
            index=models.Index(condition=models.Q(('request__isnull', False)), fields=['request', 'at'], name='verifications_of_request'),
        ),
        migrations.AddConstraint(
            model_name='verification',
            constraint=models.UniqueConstraint(fields=('flow', 'applicant_key', 'inputs'), name='asked_once_per_inputs'),
        ),
    ]
