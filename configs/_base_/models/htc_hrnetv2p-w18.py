# Hybrid task cascade: masks use boxes and masks of the stage before, and all
# use labels of pixels, learnt from COCO-Stuff.
_base_ = './cascade-mask-rcnn_hrnetv2p-w18.py'
_base_.model.train_cfg.rcnn[0].assigner.match_low_quality = True
_base_.model.train_cfg.rcnn[1].assigner.match_low_quality = True
_base_.model.train_cfg.rcnn[2].assigner.match_low_quality = True
model = dict(
    type='HybridTaskCascade',
    data_preprocessor=dict(pad_seg=True),
    roi_head=dict(
        type='HybridTaskCascadeRoIHead',
        interleaved=True,
        mask_info_flow=True,
        mask_head=[
            dict(
                type='HTCMaskHead',
                with_conv_res=with_conv_res,
                num_convs=4,
                in_channels=256,
                conv_out_channels=256,
                num_classes=80,
                loss_mask=dict(
                    type='CrossEntropyLoss', use_mask=True, loss_weight=1.0))
            for with_conv_res in (False, True, True)
        ],
        semantic_roi_extractor=dict(
            type='SingleRoIExtractor',
            roi_layer=dict(type='RoIAlign', output_size=14, sampling_ratio=0),
            out_channels=256,
            featmap_strides=[8]),
        semantic_head=dict(
            type='FusedSemanticHead',
            num_ins=5,
            fusion_level=1,
            seg_scale_factor=1 / 8,
            num_convs=4,
            in_channels=256,
            conv_out_channels=256,
            num_classes=183,
            loss_seg=dict(
                type='CrossEntropyLoss', ignore_index=255,
                loss_weight=0.2))),
    test_cfg=dict(rcnn=dict(score_thr=0.001)))
