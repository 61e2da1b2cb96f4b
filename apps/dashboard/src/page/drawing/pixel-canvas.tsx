// A small picture of numbers, a pixel a number, as large as CSS makes it. Drawn anew when its numbers or the page's colours
// change.
import { useCallback, useEffect, useRef } from 'preact/hooks';
import { readColours } from '../shell/colours.js';
import { onThemeChange } from '../shell/theme.js';
import { type Diverging, parseColour, weightPixels } from './colour-scale.js';
import { Scrolling } from './scrolling.js';

let known: Diverging | undefined;
let isListening = false;

/** The page's colours of a scale around zero. Asking the page costs a layout, so it is asked once for each theme. */
function pageScale(): Diverging {
  if (!isListening) {
    isListening = true;
    onThemeChange(() => {
      known = undefined;
    });
  }
  known ??= readScale();
  return known;
}

function readScale(): Diverging {
  const colours = readColours(['--negative', '--zero', '--positive']);
  return {
    negative: parseColour(colours['--negative']),
    zero: parseColour(colours['--zero']),
    positive: parseColour(colours['--positive']),
  };
}

interface PixelsProps {
  readonly width: number;
  readonly height: number;
  /** [height, width, 4]; asked for when it is drawn. */
  readonly pixels: () => Uint8ClampedArray<ArrayBuffer>;
  /** What is on it, for who cannot see it; left out where that stands elsewhere. */
  readonly label?: string | undefined;
}

export function Pixels({ width, height, pixels, label }: PixelsProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const draw = (): void => {
      const context = canvas.current?.getContext('2d');
      context?.putImageData(new ImageData(pixels(), width, height), 0, 0);
    };
    draw();
    return onThemeChange(draw);
  }, [pixels, width, height]);
  const told =
    label === undefined
      ? ({ 'aria-hidden': true } as const)
      : ({ role: 'img', 'aria-label': label } as const);
  return <canvas class="pixels" ref={canvas} width={width} height={height} {...told} />;
}

interface TileProps {
  /** [count, height, width, channels] */
  readonly values: Float32Array;
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** The end of the scale. */
  readonly end: number;
  /** Of the layer or parameter that they are of. */
  readonly name: string;
  /** What one of them is called: `unit`. */
  readonly one: string;
  /** What all of them are, for who cannot see them. */
  readonly label: string;
  /** Those with a mark, and what it says. */
  readonly marked?: { readonly tiles: readonly number[]; readonly as: string } | undefined;
}

/** Many pictures of one size. */
export function Tiles(props: TileProps) {
  const { values, count, height, width, channels, end, name, one, label, marked } = props;
  const size = height * width * channels;
  return (
    <Scrolling label={`${name}: ${count} ${one}s as pictures`}>
      <div
        class="tiles"
        role="img"
        aria-label={label}
        style={{ '--tile': `${tileSize(width, count)}px` }}
      >
        {Array.from({ length: count }, (_, i) => {
          const isMarked = marked?.tiles.includes(i) === true;
          const title = `${one} ${i}${isMarked ? `: ${marked!.as}` : ''}`;
          const own = values.subarray(i * size, (i + 1) * size);
          return (
            <span key={i} class={isMarked ? 'tile marked' : 'tile'} title={title}>
              <WeightPicture values={own} {...{ height, width, channels, end }} />
            </span>
          );
        })}
      </div>
    </Scrolling>
  );
}

/** Few may be large; of many, small filters need not be as large as pictures to be seen. */
function tileSize(width: number, count: number): number {
  return count <= 16 ? 84 : Math.min(72, Math.max(44, 2 * width));
}

type WeightPictureProps = Pick<TileProps, 'values' | 'height' | 'width' | 'channels' | 'end'> & {
  readonly label?: string | undefined;
};

/** One of them: numbers around zero. */
export function WeightPicture({ values, height, width, channels, end, label }: WeightPictureProps) {
  const pixels = useCallback(
    () => weightPixels(values, channels, end, pageScale()),
    [values, channels, end],
  );
  return <Pixels width={width} height={height} pixels={pixels} label={label} />;
}

/** What the colours of a scale around zero mean. */
export function ScaleLegend({ end, what }: { readonly end: number; readonly what: string }) {
  return (
    <p class="scale-legend" aria-hidden="true">
      <span class="mono">{`−${end.toPrecision(2)}`}</span>
      <span class="scale-bar" />
      <span class="mono">{`+${end.toPrecision(2)}`}</span>
      <span class="quiet">{what}</span>
    </p>
  );
}
