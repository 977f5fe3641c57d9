# Pascal Context without the background: it has no class, and is ignored.
_base_ = './pascal-context_480x480.py'
dataset_type = 'PascalContextDataset59'
train_pipeline = _base_.train_pipeline
train_pipeline[1].num_classes = 59
test_pipeline = _base_.test_pipeline
test_pipeline[3].num_classes = 59
tta_pipeline = _base_.tta_pipeline
tta_pipeline[1].transforms[2][0].num_classes = 59
train_dataloader = dict(
    dataset=dict(type=dataset_type, pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(type=dataset_type, pipeline=test_pipeline))
test_dataloader = val_dataloader
