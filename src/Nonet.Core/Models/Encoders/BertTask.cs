using Nonet.Models.Layers;
using Nonet.Tensors;

namespace Nonet.Models.Encoders;

/// <summary>
/// The output layer of a task on BERT: W · dropout(x) + b of each row. In RoBERTa's sequence classification, x = tanh(V · dropout(h) + c)
/// of the first hidden state h, which replaces the pooler. Devlin et al. 2018, section 4; Liu et al. 2019, released code.
/// </summary>
sealed class BertTask
{
    readonly Linear? dense;
    readonly Linear output;
    readonly DropoutSite first, last;

    public BertTask(BertConfig config, ParameterPath p)
    {
        var dropout = config.Head == ModelHead.QuestionAnswering ? 0 : config.ClassifierDropout ?? config.Dropout;
        dense = config.Head == ModelHead.SequenceClassification && !config.HasPooler
            ? new Linear(p / "dense", config.Width, config.Width, bias: true, config.Start) : null;
        output = new Linear(dense is null ? p : p / "output", config.Width, config.Task!.Outputs, bias: true, config.Start, ParameterRole.Head);
        (first, last) = (new DropoutSite(p / "dense", dropout), new DropoutSite(p, dropout));
    }

    /// <summary>Rows (., Width) → (., outputs). Applies dropout if the batch has it.</summary>
    public Tensor Forward(Tensor x, Batch batch)
    {
        if (dense is not null)
            x = Ops.Tanh(dense.Forward(first.Forward(x, batch)));
        return output.Forward(last.Forward(x, batch));
    }
}
