using System.Globalization;
using Nonet.Data;
using Nonet.Evaluation;
using Nonet.Models;
using Nonet.Models.Decoders;
using Nonet.Recipes;
using Nonet.Recipes.Runs;
using Nonet.Tensors;
using Nonet.Tensors.Cpu;
using Nonet.Text;
using Nonet.Training;

// arguments: a file or folder of texts, the run folder, the number of steps
var data = new DataOptions { Sources = [new DataSource { Path = args[0], Documents = DocumentCut.Chapters }] };
var tokenizer = new ByteTokenizer();
using var text = TokenizedData.Build(data, tokenizer, cache: "runs/tokens");
var options = new PretrainOptions
{
    Model = new GptConfig { Vocab = tokenizer.Vocab, Context = 64, Layers = 2, Width = 64, Heads = 2 },
    Batch = 8,
    Steps = int.Parse(args[2], CultureInfo.InvariantCulture),
    Warmup = 10,
};
var where = new RunOptions { Out = args[1], Resume = RunFolder.IsRun(args[1]) };

using var device = new CpuDevice();
using var parameters = new ParameterStore(device);
var model = (ICausalModel)options.Model.Create(parameters.Root);
var batches = new BatchSource(text.Train, text.Weights, options.SequenceLength, options.Batch, options.Seed);
var heldOut = new EvaluationWindows(text.HeldOut, options.SequenceLength, tokenizer.EndOfText);
using var run = new TrainingRun(options, parameters, tokenizer, where, new LineReport(Console.Error), text.Identity);
try
{
    run.Begin($"{options.TokensPerStep} tokens");
    for (var step = run.Step; ; step = run.Step)                                // number of updates so far
    {
        if (run.NeedsEvaluation && !run.Record(Evaluate()))
            continue;                                                           // the run diverged and was rolled back to its last checkpoint
        if (run.NeedsCheckpoint)
            run.Save();
        if (step == options.Steps)
            break;

        run.BeginUpdate();
        using var scope = new TensorScope();                                    // this step's buffers
        var (batch, targets) = MicroBatch.Read(batches, run.BatchOf(0), device);
        var loss = MicroBatch.Backward(model, batch.With(run.KeyOf(0)), targets, total: options.TokensPerStep);
        run.Update(loss, parts: 1, tokens: options.TokensPerStep);              // the optimiser's step, at the schedule's rate
    }
    run.Finish();
}
catch (Exception e)
{
    run.Fail(e);
    throw;
}
var result = run.Result();
Console.WriteLine($"{result.BitsPerByte:0.000} bits per byte, model in {result.Checkpoint}");

Measurement Evaluate()
{
    using var average = run.WithAverage();                                      // if the options ask for one
    var loss = HeldOut.Evaluate(model, heldOut);
    return new Measurement(loss.NatsPerToken, loss.BitsPerByte(text.HeldOut.TextBytes));
}
