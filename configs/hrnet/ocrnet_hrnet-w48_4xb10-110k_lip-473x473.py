_base_ = [
    '../_base_/models/ocrnet_hrnet-w48.py',
    '../_base_/datasets/lip_473x473.py', '../_base_/default_runtime_seg.py',
    '../_base_/schedules/sgd_poly_110k.py'
]
_base_.model.decode_head[0].num_classes = 20
_base_.model.decode_head[1].num_classes = 20
model = dict(data_preprocessor=dict(size=(473, 473)))
