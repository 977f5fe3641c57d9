_base_ = [
    '../_base_/models/fpn_convnext-t.py',
    '../_base_/datasets/coco-stuff164k_512x512.py',
    '../_base_/default_runtime_seg.py',
    '../_base_/schedules/adamw_poly_convnext_160k.py'
]
model = dict(
    data_preprocessor=dict(size=(512, 512)), decode_head=dict(num_classes=171))
