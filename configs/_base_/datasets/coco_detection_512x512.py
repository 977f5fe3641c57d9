# COCO 2017 as CenterNet is trained: crops of 512x512 around the middle of
# images of 0.6 to 1.3 times their size, five rounds an epoch. Tested at the
# images' own sizes, padded to multiples of 32.
_base_ = './coco_detection.py'
train_pipeline = [
    dict(type='LoadCheckedImage'),
    dict(type='LoadAnnotations', with_bbox=True),
    dict(
        type='PhotoMetricDistortion',
        brightness_delta=32,
        contrast_range=(0.5, 1.5),
        saturation_range=(0.5, 1.5),
        hue_delta=18),
    dict(
        type='RandomCenterCropPad',
        crop_size=(512, 512),
        ratios=(0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3),
        mean=[0, 0, 0],
        std=[1, 1, 1],
        to_rgb=True,
        test_pad_mode=None),
    # a crop that reaches over the edge is smaller
    dict(type='Resize', scale=(512, 512), keep_ratio=True),
    dict(type='RandomFlip', prob=0.5),
    dict(type='PackDetInputs')
]
test_pipeline = [
    # by this name inferencers look for it
    dict(type='LoadImageFromFile', to_float32=True),
    dict(type='CheckImageFile'),
    dict(
        type='RandomCenterCropPad',
        ratios=None,
        border=None,
        mean=[0, 0, 0],
        std=[1, 1, 1],
        to_rgb=True,
        test_mode=True,
        test_pad_mode=['logical_or', 31],
        test_pad_add_pix=1),
    dict(type='LoadAnnotations', with_bbox=True),
    dict(
        type='PackDetInputs',
        meta_keys=('img_id', 'img_path', 'ori_shape', 'img_shape', 'border'))
]
# --tta: the mirror image, made before the padding, which is undone later
tta_pipeline = [
    dict(type='LoadCheckedImage', to_float32=True),
    dict(
        type='TestTimeAug',
        transforms=[[
            dict(type='RandomFlip', prob=0.),
            dict(type='RandomFlip', prob=1.)
        ],
                    [
                        dict(
                            type='RandomCenterCropPad',
                            ratios=None,
                            border=None,
                            mean=[0, 0, 0],
                            std=[1, 1, 1],
                            to_rgb=True,
                            test_mode=True,
                            test_pad_mode=['logical_or', 31],
                            test_pad_add_pix=1)
                    ], [dict(type='LoadAnnotations', with_bbox=True)],
                    [
                        dict(
                            type='PackDetInputs',
                            meta_keys=('img_id', 'img_path', 'ori_shape',
                                       'img_shape', 'flip', 'flip_direction',
                                       'border'))
                    ]])
]
train_dataloader = dict(
    batch_size=16,
    batch_sampler=None,
    dataset=dict(
        _delete_=True,
        type='RepeatDataset',
        times=5,
        dataset=dict(
            type='CheckedCocoDataset',
            data_root='data/coco/',
            ann_file='annotations/instances_train2017.json',
            data_prefix=dict(img='train2017/'),
            filter_cfg=dict(filter_empty_gt=True, min_size=32),
            pipeline=train_pipeline)))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
