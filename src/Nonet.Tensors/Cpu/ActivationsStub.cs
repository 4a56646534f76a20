namespace Nonet.Tensors.Cpu;
static unsafe class Activations
{
    public static void Map<V>(Activation f, float* x, float* y, int n) where V : struct, ILanes<V> => throw new NotSupportedException();
    public static void Gate<V>(Activation f, float* x, float* u, float* y, int n) where V : struct, ILanes<V> => throw new NotSupportedException();
    public static void MapBackward<V>(Activation f, float* dy, float* x, float* dx, int n) where V : struct, ILanes<V> => throw new NotSupportedException();
    public static void GateBackward<V>(Activation f, float* dy, float* x, float* u, float* dx, float* du, int n) where V : struct, ILanes<V> => throw new NotSupportedException();
}
