_base_ = [
    '../_base_/models/fcos_hrnetv2p-w18.py',
    '../_base_/datasets/coco_detection.py',
    '../_base_/schedules/sgd_step_2x_fcos.py',
    '../_base_/default_runtime_det.py'
]
model = dict(
    backbone=dict(
        init_cfg=dict(
            type='Pretrained', checkpoint='open-mmlab://msra/hrnetv2_w18')))
train_dataloader = dict(batch_size=4)
