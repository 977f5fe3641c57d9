# Cityscapes, for training from the packed copy of its images and labels:
# python tools/dataset_converters/pack.py CONFIG data/cityscapes-packed/train,
# with a config of the files (cityscapes.py).
_base_ = './cityscapes.py'
train_pipeline = [
    dict(type='LoadPackedSample'), *_base_.train_pipeline[2:]
]
train_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='PackedDataset',
        data_root='data/cityscapes-packed/train',
        pipeline=train_pipeline))
