# LIP, single persons, as in TPAMI, section V. Scales are those of
# HRNet-Semantic-Segmentation (experiments/lip).
dataset_type = 'LIPDataset'
data_root = 'data/lip/'
crop_size = (473, 473)
# arms, legs and shoes, left and right
flip_pairs = [(14, 15), (16, 17), (18, 19)]
metainfo = dict(flip_pairs=flip_pairs)
train_pipeline = [
    dict(type='LoadCheckedImage'),
    dict(type='LoadCheckedAnnotations', num_classes=20),
    dict(type='RandomFlip', prob=0.5, swap_seg_labels=flip_pairs),
    dict(type='Resize', scale=(473, 473), keep_ratio=False),
    dict(
        type='RandomScaleCrop',
        scale=(473, 473),
        ratio_range=(0.5, 1.6),
        step=0.1,
        crop_size=crop_size),
    # black below and to the right of what is smaller
    dict(type='Pad', size=crop_size[::-1], pad_val=dict(img=0, seg=255)),
    dict(type='PackSegInputs')
]
test_pipeline = [
    dict(type='LoadImageFromFile'),  # by this name inferencers look for it
    dict(type='CheckImageFile'),
    dict(type='Resize', scale=(473, 473), keep_ratio=False),
    dict(type='LoadCheckedAnnotations', num_classes=20),
    dict(type='PackSegInputs')
]
# --tta: as in the paper, the image and its mirror image
tta_pipeline = [
    dict(type='LoadCheckedImage'),
    dict(
        type='TestTimeAug',
        transforms=[[dict(type='Resize', scale=(473, 473), keep_ratio=False)],
                    [
                        dict(type='RandomFlip', prob=0.),
                        dict(type='RandomFlip', prob=1.)
                    ],
                    [dict(type='LoadCheckedAnnotations', num_classes=20)],
                    [dict(type='PackSegInputs')]])
]
train_dataloader = dict(
    batch_size=10,
    num_workers=8,
    persistent_workers=True,
    sampler=dict(type='ResumableInfiniteSampler', shuffle=True),
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        metainfo=metainfo,
        data_prefix=dict(
            img_path='train_images', seg_map_path='train_segmentations'),
        pipeline=train_pipeline))
val_dataloader = dict(
    batch_size=1,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type=dataset_type,
        data_root=data_root,
        metainfo=metainfo,
        data_prefix=dict(
            img_path='val_images', seg_map_path='val_segmentations'),
        pipeline=test_pipeline))
test_dataloader = val_dataloader
val_evaluator = dict(type='ExactIoUMetric', iou_metrics=['mIoU'])
test_evaluator = val_evaluator
# --format-only: the images of Testing_images.zip
submission = dict(
    dataset=dict(
        data_prefix=dict(img_path='testing_images', seg_map_path='')))
