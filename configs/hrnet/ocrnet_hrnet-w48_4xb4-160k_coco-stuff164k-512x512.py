_base_ = [
    '../_base_/models/ocrnet_hrnet-w48.py',
    '../_base_/datasets/coco-stuff164k_512x512.py',
    '../_base_/default_runtime_seg.py', '../_base_/schedules/sgd_poly_160k.py'
]
_base_.model.decode_head[0].num_classes = 171
_base_.model.decode_head[1].num_classes = 171
model = dict(data_preprocessor=dict(size=(512, 512)))
