/** Draws a picture, another one each time: hills under a sky. Resolves to a PNG. */
export async function samplePicture(): Promise<Blob> {
  const canvas = document.createElement('canvas');
  canvas.width = 640;
  canvas.height = 420;
  const context = canvas.getContext('2d');
  if (!context) throw new Error('This browser cannot draw a picture.');
  const hue = Math.floor(Math.random() * 360);
  const sky = context.createLinearGradient(0, 0, 0, canvas.height);
  sky.addColorStop(0, `hsl(${hue} 60% 72%)`);
  sky.addColorStop(1, `hsl(${(hue + 40) % 360} 70% 90%)`);
  context.fillStyle = sky;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = 'hsl(45 100% 96%)';
  context.beginPath();
  context.arc(120 + Math.random() * 400, 110, 38, 0, 2 * Math.PI);
  context.fill();
  for (let hill = 0; hill < 4; hill += 1) {
    const [top, wide, shift] = [190 + hill * 55, 130 + Math.random() * 120, Math.random() * 400];
    context.fillStyle = `hsl(${(hue + 150) % 360} ${28 + hill * 6}% ${62 - hill * 11}%)`;
    context.beginPath();
    context.moveTo(0, canvas.height);
    for (let x = 0; x <= canvas.width; x += 8) context.lineTo(x, top - 32 * Math.sin((x + shift) / wide) - hill * 4);
    context.lineTo(canvas.width, canvas.height);
    context.fill();
  }
  return new Promise((resolve, reject) => {
    canvas.toBlob(blob => (blob ? resolve(blob) : reject(new Error('The picture could not be made.'))), 'image/png');
  });
}
