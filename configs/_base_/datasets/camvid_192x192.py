# CamVid with crops for minutes on a CPU.
_base_ = './camvid_256x256.py'
_base_.train_pipeline[2].crop_size = (192, 192)
train_dataloader = dict(dataset=dict(pipeline=_base_.train_pipeline))
