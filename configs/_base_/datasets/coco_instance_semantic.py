# COCO 2017, boxes, masks, and COCO-Stuff's labels of pixels for HTC.
_base_ = './coco_instance.py'
train_pipeline = [
    dict(type='LoadCheckedImage'),
    dict(
        type='LoadAnnotations', with_bbox=True, with_mask=True, with_seg=True),
    dict(type='Resize', scale=(1333, 800), keep_ratio=True),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackDetInputs')
]
train_dataloader = dict(
    dataset=dict(
        data_prefix=dict(
            img='train2017/', seg='stuffthingmaps/train2017/'),
        pipeline=train_pipeline))
