using Nonet.Data.Generated;
using Nonet.Models;
using Nonet.Models.Losses;
using Nonet.Recipes.Runs;
using Nonet.Tensors;
using Nonet.Text;
using Nonet.Training;

namespace Nonet.Recipes.Sequences;

/// <summary>
/// Trains a decoder over bytes on generated sequences. The loss is over their supervised parts. The bits of the result depend only on the options.
/// </summary>
public static class TrainSequences
{
    /// <summary>Number of held-out batches in an evaluation.</summary>
    const int HeldOutBatches = 8;

    /// <param name="options">Settings that determine the result, besides the sequences.</param>
    /// <param name="generator">Generates the sequences.</param>
    /// <param name="device">Device that trains the model.</param>
    /// <param name="where">Run folder, threads, reports.</param>
    /// <param name="progress">Receives every reported step, evaluation and checkpoint, on this thread.</param>
    /// <param name="stopping">Cancelling drops the current update, saves a checkpoint of the last one and returns.</param>
    public static TrainingResult Run(
        SequenceTrainingOptions options, ISequenceGenerator generator, Device device, RunOptions where, IProgress<RunEvent>? progress = null,
        CancellationToken stopping = default)
    {
        options.Check();
        var tokenizer = new ByteTokenizer();
        using var parameters = new ParameterStore(device);
        var model = options.Model.Create(parameters.Root) as ICausalModel
            ?? throw new ArgumentException($"the model is a {options.Model.Kind}, which does not predict the next token; expected a decoder");
        model.Checkpointing = options.GradientCheckpointing;
        var batches = new SequenceBatches(generator, tokenizer, options.Batch, options.Seed, heldOut: false);
        var heldOut = new SequenceBatches(generator, tokenizer, options.Batch, seed: 0, heldOut: true); // the same for every seed
        using var run = new TrainingRun(options, parameters, tokenizer, where, progress);

        try
        {
            run.Begin($"{options.Batch * options.Accumulate} sequences");
            for (var step = run.Step; ; step = run.Step) // number of updates so far
            {
                if (run.NeedsEvaluation && !run.Record(Evaluate()))
                    continue; // the run diverged and rolled back to its last checkpoint
                if (run.NeedsCheckpoint)
                    run.Save();
                if (step == options.Steps)
                    break;

                run.BeginUpdate();
                var (loss, parts) = (0.0, Read(options.MicroBatches(step + 1)));
                var supervised = parts.Sum(p => (long)p.Targets.Count(t => t >= 0));
                for (var part = 0; part < parts.Length; part++)
                {
                    stopping.ThrowIfCancellationRequested();
                    using var scope = new TensorScope(); // buffers of this micro-batch
                    loss += MicroBatch.Backward(model, Batch.Of(device, parts[part].Ids).With(run.KeyOf(part)), device.From(parts[part].Targets), supervised);
                }
                run.Update(loss, parts.Length, parts.Sum(p => (long)p.Targets.Length));
            }
            run.Finish();
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            run.Interrupt();
        }
        catch (Exception e)
        {
            run.Fail(e);
            throw;
        }
        return run.Result();

        (int[][] Ids, int[] Targets)[] Read(int count)
        {
            using var timing = run.TimeReading();
            return [.. Enumerable.Range(0, count).Select(part => batches.Read(run.BatchOf(part)))];
        }

        Measurement Evaluate()
        {
            using var average = run.WithAverage();
            var (nats, tokens) = (0.0, 0L);
            for (var b = 0; b < HeldOutBatches; b++)
            {
                stopping.ThrowIfCancellationRequested();
                using var scope = new TensorScope();
                var (ids, targets) = heldOut.Read(b);
                var counted = targets.Count(t => t >= 0);
                nats += model.Loss(Batch.Of(device, ids), device.From(targets)).Item() * counted;
                tokens += counted;
            }
            return new Measurement(nats / tokens);
        }
    }
}
