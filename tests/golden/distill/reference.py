#!/usr/bin/env python3
"""PyTorch's losses and gradients of distillation, for src/distill/lesson.rs.

    reference.py        writes reference.json beside itself

T² · KLDivLoss of both at temperature T, by (1 − share), and cross-entropy with the label by share; all
of the teacher where there is no label. Logits are drawn here. Needs torch (Debian's python3-torch).
"""
import json
import pathlib

import torch
import torch.nn.functional as F

torch.manual_seed(7)
TEMPERATURE, LABEL_SHARE, NUM_CLASSES = 3.0, 0.1, 5


def row(scale, label):
    teacher = torch.randn(NUM_CLASSES, dtype=torch.float64) * scale
    student = (torch.randn(NUM_CLASSES, dtype=torch.float64) * scale).requires_grad_()
    share = 0.0 if label is None else LABEL_SHARE
    kl = F.kl_div(
        F.log_softmax(student / TEMPERATURE, 0), F.softmax(teacher / TEMPERATURE, 0), reduction='sum'
    )
    loss = (1 - share) * TEMPERATURE**2 * kl
    if label is not None:
        loss = loss + share * F.cross_entropy(student[None], torch.tensor([label]))
    loss.backward()
    return {
        'student': student.tolist(),
        'teacher': teacher.tolist(),
        'label': label,
        'loss': loss.item(),
        'gradient': student.grad.tolist(),
    }


rows = [row(scale, label) for scale in (0.5, 2.0, 8.0) for label in (None, 0, 3)]
file = {'temperature': TEMPERATURE, 'label_share': LABEL_SHARE, 'rows': rows}
pathlib.Path(__file__).with_name('reference.json').write_text(json.dumps(file, indent=1) + '\n')
