"""The verification services of the flows, with their sealed settings."""

import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('approvals', '0006_policy_verification_hints_forecasts'),
        ('connector', '0001_credentials_and_unusable_calls'),
    ]

    operations = [
        migrations.CreateModel(
            name='VerificationService',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(editable=False, max_length=40, verbose_name='service')),
                ('mode', models.CharField(choices=[('during', 'While the applicant waits'), ('later', 'After the request was recorded')], default='during', max_length=16, verbose_name='asked')),
                ('on_failed', models.CharField(choices=[('correct', 'The applicant may correct the form and try again'), ('refuse', 'The sign-up is refused'), ('review', 'A reviewer decides')], default='review', max_length=16, verbose_name='when it fails')),
                ('tries', models.PositiveSmallIntegerField(default=3, help_text='How often an applicant may correct the form; after that a reviewer decides.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(10)], verbose_name='corrections allowed')),
                ('budget_seconds', models.PositiveSmallIntegerField(default=8, help_text='How long an applicant waits for the service at most; after that a reviewer decides.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(12)], verbose_name='time limit in seconds')),
                ('sealed', models.TextField(editable=False)),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='changed')),
                ('flow', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='verification_service', to='approvals.userflow', verbose_name='user flow')),
            ],
            options={
                'verbose_name': 'identity verification service',
                'verbose_name_plural': 'identity verification services',
                'constraints': [models.CheckConstraint(condition=models.Q(('budget_seconds__gte', 1), ('budget_seconds__lte', 12)), name='verification_within_entras_time')],
            },
        ),
    ]
